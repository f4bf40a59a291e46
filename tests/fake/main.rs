//! The fake keeps what its checklist promises: `data/fake/checklist.tsv` names the test of each item.

mod audiences;
mod auth;
mod client_contract;
mod desk;
mod faults;
mod inspection;
mod limits;
mod members;
mod replace;
mod server;
mod wire;

/// Every item of the checklist names a test that exists.
#[test]
fn every_item_of_the_checklist_has_a_test() {
    let sources = [
        include_str!("audiences.rs"),
        include_str!("auth.rs"),
        include_str!("faults.rs"),
        include_str!("inspection.rs"),
        include_str!("limits.rs"),
        include_str!("members.rs"),
        include_str!("replace.rs"),
        include_str!("server.rs"),
        include_str!("wire.rs"),
    ];
    let mut items = 0;
    for line in include_str!("../data/fake/checklist.tsv").lines().skip(1) {
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
