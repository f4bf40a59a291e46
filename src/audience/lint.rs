//! Words that Facebook's integrity check may flag in the name or description of an audience.

use crate::error::FieldError;

/// Beginnings of words, by what they suggest. Facebook publishes no list; these follow what it says it looks for:
/// health conditions and financial status. Source: "Updates to custom audiences", Marketing API changelog of
/// 2025-09-02 (read 2026-09-12).
const SUGGESTIVE: &[(&str, &[&str])] = &[
    (
        "health",
        &[
            "health",
            "medic",
            "patient",
            "disease",
            "diabet",
            "cancer",
            "depress",
            "anxiety",
            "therapy",
            "pregnan",
            "fertility",
            "obes",
            "addict",
            "disab",
            "hiv",
            "arthrit",
            "asthma",
            "allerg",
            "clinic",
            "hospital",
            "surgery",
            "pharma",
            "symptom",
            "diagnos",
            "chor",
            "zdrow",
            "cukrzyc",
        ],
    ),
    (
        "finance",
        &[
            "credit",
            "debt",
            "loan",
            "mortgage",
            "bankrupt",
            "income",
            "salary",
            "payday",
            "insolv",
            "wealth",
            "networth",
            "lowincome",
            "kredyt",
            "dług",
            "pożyczk",
            "dochod",
        ],
    ),
];

/// A warning for each of name and description that could be flagged or that seems to hold personal data.
pub(super) fn lint(fields: [(&'static str, &str); 2]) -> Vec<FieldError> {
    let mut warnings = Vec::new();
    for (field, text) in fields {
        let text = text.to_lowercase();
        for (subject, stems) in SUGGESTIVE {
            let hit = text
                .split(|c: char| !c.is_alphanumeric())
                .find(|word| stems.iter().any(|stem| word.starts_with(stem)));
            if let Some(word) = hit {
                warnings.push(FieldError {
                    field: field.into(),
                    code: "may_be_flagged",
                    message: format!(
                        "has the word {word:?}, which suggests {subject}, so Facebook may flag and block the audience; choose a neutral word"
                    )
                    .into(),
                });
            }
        }
        if text.split_whitespace().any(|word| word.find('@').is_some_and(|at| word[at..].contains('.'))) {
            warnings.push(FieldError {
                field: field.into(),
                code: "personal_data",
                message:
                    "seems to contain an email address, which every user of the ad account can read; remove it"
                        .into(),
            });
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use crate::audience::lint::lint;

    #[test]
    fn a_name_on_health_or_money_is_warned_about_and_a_neutral_one_is_not() {
        let codes = |name, description| {
            lint([("name", name), ("description", description)])
                .iter()
                .map(|problem| (problem.field.to_string(), problem.code))
                .collect::<Vec<_>>()
        };
        assert_eq!(codes("Diabetes newsletter", "readers"), [("name".to_owned(), "may_be_flagged")]);
        assert_eq!(codes("VIP", "People with a Loan"), [("description".to_owned(), "may_be_flagged")]);
        assert_eq!(codes("ada@example.com", "x"), [("name".to_owned(), "personal_data")]);
        assert!(codes("VIP customers", "Two purchases in 90 days").is_empty());
    }
}
