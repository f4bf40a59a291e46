//! Whether a filter says another thing tomorrow of the same contact.

use super::ast::events::{EventQuery, Followed};
use super::ast::tree::{Check, Expr, Term};

/// True when the answer depends on the `now` of the evaluation, and not on the contact alone.
pub(crate) fn depends_on_now(node: &Expr) -> bool {
    match node {
        Expr::Constant(_) | Expr::Tags(_) => false,
        Expr::All(parts) | Expr::Any(parts) | Expr::None(parts) => parts.iter().any(depends_on_now),
        Expr::AtLeast(at_least) => at_least.of.iter().any(depends_on_now),
        Expr::Not(inner) => depends_on_now(inner),
        Expr::Test(test) => test.terms().any(term) || check(&test.check),
        Expr::Exists(events) => query(events),
        // What another segment says is not known here.
        Expr::Segment(_) => true,
    }
}

fn term(term: &Term) -> bool {
    match term {
        Term::Events(aggregate) => query(&aggregate.query),
        term => term.call().is_some_and(|(function, _)| function.depends_on_now),
    }
}

fn check(asked: &Check) -> bool {
    match asked {
        Check::InLast(_)
        | Check::InNext(_)
        | Check::MoreThanAgo(_)
        | Check::LessThanAgo(_)
        | Check::ExactlyAgo(_)
        | Check::MoreThanAhead(_)
        | Check::LessThanAhead(_)
        | Check::ExactlyAhead(_)
        | Check::InCalendar(_) => true,
        Check::Equal(_)
        | Check::Less(_)
        | Check::LessOrEqual(_)
        | Check::Greater(_)
        | Check::GreaterOrEqual(_)
        | Check::Against(_)
        | Check::In(_)
        | Check::HasAll(_)
        | Check::HasOnly(_)
        | Check::HasExactly(_)
        | Check::Between(..)
        | Check::BetweenTerms(_)
        | Check::Contains(_)
        | Check::ContainsWord(_)
        | Check::StartsWith(_)
        | Check::EndsWith(_)
        | Check::Like(_)
        | Check::Matches(_)
        | Check::MatchesUrl(_)
        | Check::IsSet
        | Check::IsEmpty => false,
    }
}

fn query(events: &EventQuery) -> bool {
    // Whether a period is over depends on now.
    let over = |then: &Followed| then.absent && then.within.is_some();
    events
        .steps()
        .any(|step| step.within.as_ref().is_some_and(check) || step.then.as_deref().is_some_and(over))
        || events.conditions().any(depends_on_now)
        || events.windows().any(term)
}

#[cfg(test)]
mod tests {
    use crate::contact::Schema;
    use crate::segment::Filter;

    #[test]
    fn words_of_time_depend_on_now_and_dates_do_not() {
        let schema = Schema::standard();
        let depends = |text: &str| Filter::parse(text, &schema).unwrap().depends_on_now();
        for text in [
            "birth_date is today",
            "anniversary(birth_date) in next 7 days",
            r#"consent("email") = "confirmed""#,
            "exists(event.purchase in last 90 days)",
            "exists(event.cart then no event.purchase within 3 days)",
            "exists(event.cart then event.purchase in last 3 days)",
            "score > 1 or not (count(event.purchase in last 1 day) >= 2)",
            "at least 1 of (score > 1, age(birth_date) > 3)",
        ] {
            assert!(depends(text), "{text}");
        }
        for text in [
            "birth_date = 2000-02-29",
            "year(birth_date) = 2000",
            "sum(event.purchase.value) >= 100",
            "none of (score > 1, has any tag (\"A\"))",
            "email is set",
            "exists(event.cart then event.purchase within 3 days)",
        ] {
            assert!(!depends(text), "{text}");
        }
        let parts = Filter::parse("score > 1 and age(birth_date) > 3 and country = \"PL\"", &schema);
        let texts: Vec<_> = parts.unwrap().conjuncts().iter().map(Filter::to_string).collect();
        assert_eq!(texts, ["score > 1", "age(birth_date) > 3", "country = \"PL\""]);
    }
}
