//! Any text: an error or a filter, and a filter prints to itself.
#![no_main]

use audiencekit::segment::{EvaluationTime, Filter};
use audiencekit::{Contact, Schema};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

fuzz_target!(|text: &str| {
    let schema = Schema::standard();
    match Filter::parse(text, &schema) {
        Ok(filter) => {
            assert_eq!(Filter::parse(&filter.to_string(), &schema).as_ref(), Ok(&filter));
            assert_eq!(Filter::from_json(&filter.to_json(), &schema).as_ref(), Ok(&filter));
            let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
            let compiled = filter.compile(&schema, &time).expect("a checked filter compiles");
            let _ = compiled.matches(&Contact::new(&schema));
        }
        Err(error) => assert!(!error.picture().is_empty()),
    }
});
