//! Methods that combine and change conditions.

use crate::segment::language::ast::span::Spanned;
use crate::segment::language::ast::tree::{Expr, Literal};

impl Expr {
    /// Combines two conditions that must both hold.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("monitored").eq(true).and(expr::field("score").gt(5)), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "monitored = true and score > 5");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut parts) if parts.len() > 1 => {
                parts.push(other);
                Self::All(parts)
            }
            first => Self::All(vec![first, other]),
        }
    }

    /// Combines two conditions of which one must hold.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("monitored").eq(true).or(expr::field("score").gt(5)), &Schema::standard())?;
    /// assert_eq!(built.to_string(), "monitored = true or score > 5");
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut parts) if parts.len() > 1 => {
                parts.push(other);
                Self::Any(parts)
            }
            first => Self::Any(vec![first, other]),
        }
    }

    /// Negates the condition. A missing value matches then, unlike with
    /// [`Term::ne`](crate::segment::ast::Term::ne).
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("country").eq("PL").negate(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"not country = "PL""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Sets the default of the term: the value that counts where it is missing.
    ///
    /// ```
    /// use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let schema = Schema::standard();
    /// let built = Filter::new(expr::field("score").lt(50).or_default(0), &schema)?;
    /// assert_eq!(built, Filter::parse("score default 0 < 50", &schema)?);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn or_default(mut self, value: impl Into<Literal>) -> Self {
        if let Self::Test(test) = &mut self {
            test.default = Some(Spanned::from(value.into()));
        }
        self
    }

    /// Makes a comparison of text case-sensitive.
    ///
    /// ```
    /// # use audiencekit::Schema;
    /// use audiencekit::segment::{Filter, expr};
    ///
    /// let built = Filter::new(expr::field("country").eq("PL").exactly(), &Schema::standard())?;
    /// assert_eq!(built.to_string(), r#"country exactly = "PL""#);
    /// # Ok::<(), audiencekit::Error>(())
    /// ```
    #[must_use]
    pub fn exactly(mut self) -> Self {
        if let Self::Test(test) = &mut self {
            test.exact = true;
        }
        self
    }
}
