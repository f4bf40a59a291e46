//! Any JSON: an error or a filter, and a filter comes back from its text and its JSON.
#![no_main]

use audiencekit::Schema;
use audiencekit::segment::Filter;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &str| {
    let schema = Schema::standard();
    match Filter::from_json(json, &schema) {
        Ok(filter) => {
            assert_eq!(Filter::from_json(&filter.to_json(), &schema).as_ref(), Ok(&filter));
            assert_eq!(Filter::parse(&filter.to_string(), &schema).as_ref(), Ok(&filter));
        }
        Err(error) => assert!(!error.picture().is_empty()),
    }
});
