//! The types of the generated numbering plans.

/// The plan of a region, or of a calling code without regions.
#[derive(Debug)]
pub(super) struct Plan {
    /// Two letters; blanks for a plan without a region.
    pub(super) region: [u8; 2],
    pub(super) calling_code: u16,
    /// Root of the whole numbers of the general description.
    pub(super) general: u16,
    /// Possible lengths, as bits.
    pub(super) lengths: u32,
    /// Lengths that can be dialled within an area only.
    pub(super) local: u32,
    /// Program of the national prefix.
    pub(super) prefix: u16,
    /// Digits that a national prefix may begin with.
    pub(super) prefix_digits: u16,
    /// How many groups the prefix has.
    pub(super) groups: u8,
    /// What replaces a prefix whose last group matched: 0 for nothing.
    pub(super) transform: u8,
    /// Program of the exit code.
    pub(super) exit_code: u16,
}

/// A country calling code.
#[derive(Debug)]
pub(super) struct CallingCode {
    pub(super) code: u16,
    /// Index of the plan that rules it.
    pub(super) plan: u16,
    /// Root of the assigned numbers of all its regions.
    pub(super) assigned: u16,
}
