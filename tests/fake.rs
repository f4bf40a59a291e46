//! The fake keeps what its checklist promises: `data/fake/checklist.tsv` names the test of each item.

#[path = "fake/audiences.rs"]
mod audiences;
#[path = "fake/auth.rs"]
mod auth;
#[path = "fake/desk.rs"]
mod desk;
#[path = "fake/faults.rs"]
mod faults;
#[path = "fake/inspection.rs"]
mod inspection;
#[path = "fake/limits.rs"]
mod limits;
#[path = "fake/members.rs"]
mod members;
#[path = "fake/replace.rs"]
mod replace;
#[path = "fake/server.rs"]
mod server;
#[path = "fake/wire.rs"]
mod wire;

/// Every item of the checklist names a test that exists.
#[test]
fn every_item_of_the_checklist_has_a_test() {
    let sources = [
        include_str!("fake/audiences.rs"),
        include_str!("fake/auth.rs"),
        include_str!("fake/faults.rs"),
        include_str!("fake/inspection.rs"),
        include_str!("fake/limits.rs"),
        include_str!("fake/members.rs"),
        include_str!("fake/replace.rs"),
        include_str!("fake/server.rs"),
        include_str!("fake/wire.rs"),
    ];
    let mut items = 0;
    for line in include_str!("data/fake/checklist.tsv").lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [item, promise, tests] = columns[..] else { panic!("three columns: {line}") };
        items += 1;
        assert!(!promise.is_empty(), "{item}");
        for test in tests.split(' ') {
            let signature = format!("fn {test}() {{");
            assert!(sources.iter().any(|source| source.contains(&signature)), "{item}: no test {test}");
        }
    }
    assert!(items >= 40, "{items} items");
}
