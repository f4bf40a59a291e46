//! Guides: longer documents, whose programs are tested with the crate.
//!
//! This module has no items. Begin with the [`tutorial`].

/// One guide: a file of `docs/`, shown and tested where its programs have the features that they need.
macro_rules! guide {
    ($name:ident, $file:literal) => {
        #[doc = include_str!($file)]
        pub mod $name {}
    };
    ($name:ident, $file:literal, needs $($feature:literal),+) => {
        #[cfg_attr(all($(feature = $feature),+), doc = include_str!($file))]
        #[cfg_attr(
            not(all($(feature = $feature),+)),
            doc = concat!("See `", $file, "`: this build lacks a feature that its programs need.")
        )]
        pub mod $name {}
    };
}

guide!(tutorial, "../docs/tutorial.md", needs "csv", "http");
guide!(cookbook, "../docs/cookbook.md", needs "csv", "rustls", "sqlite");
guide!(facebook_setup, "../docs/facebook_setup.md", needs "http");
guide!(testing, "../docs/testing.md", needs "http", "fake-server", "testing");
guide!(errors, "../docs/errors.md", needs "http");
guide!(segment_language, "../docs/segment_language.md");
guide!(automation, "../docs/automation.md");
guide!(delivery, "../docs/delivery.md");
guide!(privacy, "../docs/privacy.md");
guide!(performance, "../docs/performance.md");
guide!(comparison, "../docs/comparison.md");
guide!(design, "../docs/design.md");
