//! What a service shares between tasks can be shared.

use audiencekit as ak;

fn shared<T: Send + Sync + 'static>() {}
fn sent<T: Send>(_: T) {}

#[test]
fn public_types_can_be_shared_between_threads() {
    shared::<ak::Error>();
    shared::<ak::Schema>();
    shared::<ak::Contact>();
    shared::<ak::MemorySource>();
    shared::<ak::KeyMap>();
    shared::<ak::identity::MatchRows>();
    shared::<ak::ManualClock>();
    shared::<ak::TimeZone>();
    shared::<Box<dyn ak::Clock>>();
    shared::<Box<dyn ak::ContactSource>>();
    shared::<Box<dyn ak::FacebookClient>>();
    shared::<Box<dyn ak::facebook::transport::Transport>>();
}

#[test]
fn an_error_is_one_word_wide() {
    assert_eq!(size_of::<ak::Error>(), size_of::<usize>());
}

#[test]
fn futures_of_the_seams_can_move_between_threads() {
    let schema = ak::Schema::standard();
    let source = ak::MemorySource::new(&schema, Vec::new());
    sent(ak::ContactSource::open(&source));
    let clock = ak::ManualClock::new(time::OffsetDateTime::UNIX_EPOCH);
    sent(ak::Clock::sleep(&clock, std::time::Duration::ZERO));
}
