//! The quickstart: what it prints, explains and warns of.

use crate::{example, run, text};

#[test]
fn quickstart_makes_the_audience_it_reports() {
    let output = text(&run(&mut example("quickstart")).stdout);
    for promised in [
        "nothing leaves this machine",
        "contacts                            4290",
        "Created audience",
        "VIP customers",
        "availability",
        "ready",
        "contacts read",
        "duplicates",
        "not sent: malformed",
        "The fake holds",
    ] {
        assert!(output.contains(promised), "{promised:?} is missing in:\n{output}");
    }
}

#[test]
fn quickstart_explains_itself_and_its_mistakes() {
    let help = text(&run(example("quickstart").arg("--help")).stdout);
    for promised in ["--live", "--contacts", "--filter", "FACEBOOK_ACCESS_TOKEN", "FACEBOOK_AD_ACCOUNT"] {
        assert!(help.contains(promised), "{promised:?} is missing in:\n{help}");
    }
    for (arguments, promised) in [
        (&["--filter", "scoer >= 20"][..], "did you mean \"score\"?"),
        (&["--contacts", "no/such/file.csv"], "open no/such/file.csv"),
        (&["--live"], "FACEBOOK_ACCESS_TOKEN"),
        (&["--name", " "], "name"),
    ] {
        let output = example("quickstart").args(arguments).output().unwrap();
        let error = text(&output.stderr);
        assert!(!output.status.success(), "{arguments:?} passed");
        assert!(error.contains(promised), "{arguments:?} said {error}");
        assert!(!error.contains("panicked"), "{error}");
    }
}

#[test]
fn quickstart_warns_when_the_audience_is_small() {
    let output = text(&run(example("quickstart").args(["--filter", "score >= 95"])).stdout);
    assert!(output.contains("1000") || output.contains("1,000"), "no warning in:\n{output}");
    assert!(output.contains("warning"), "no warning in:\n{output}");
}
