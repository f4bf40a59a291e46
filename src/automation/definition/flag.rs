//! Switches that are on unless a definition turns them off.

pub(super) fn on() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
pub(super) fn is_on(flag: &bool) -> bool {
    *flag
}
