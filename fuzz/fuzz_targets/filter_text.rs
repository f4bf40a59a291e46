//! Any text: an error or a filter, and a filter prints to itself.
#![no_main]

use audiencekit::segment::{EvaluationTime, Filter, SegmentCatalog};
use audiencekit::{Contact, Result, Schema, Segment, Selector};
use libfuzzer_sys::fuzz_target;
use time::macros::datetime;

/// A catalog in which every name is that of a small segment.
#[derive(Debug)]
struct AnyName;

impl SegmentCatalog for AnyName {
    fn segment(&self, _: &str) -> Result<Option<Segment>> {
        let segment = Segment::builder("Any").include(Selector::all()).filter("score >= 50");
        segment.build(&Schema::standard()).map(Some)
    }

    fn names(&self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn versions(&self, name: &str) -> Result<Vec<Segment>> {
        Ok(self.segment(name)?.into_iter().collect())
    }

    fn save(&self, _: &Segment) -> Result<u32> {
        unreachable!("compiling saves nothing")
    }

    fn remove(&self, _: &str) -> Result<bool> {
        unreachable!("compiling removes nothing")
    }
}

fuzz_target!(|text: &str| {
    let schema = Schema::standard();
    match Filter::parse(text, &schema) {
        Ok(filter) => {
            assert_eq!(Filter::parse(&filter.to_string(), &schema).as_ref(), Ok(&filter));
            assert_eq!(Filter::from_json(&filter.to_json(), &schema).as_ref(), Ok(&filter));
            let time = EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC));
            let compiled = filter.compile_with(&schema, &time, &AnyName).expect("a checked filter compiles");
            let _ = compiled.matches(&Contact::new(&schema));
        }
        Err(error) => assert!(!error.picture().is_empty()),
    }
});
