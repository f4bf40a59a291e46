//! Secrets of the advertiser: wiped when dropped, never printed.

use std::fmt;

use zeroize::Zeroizing;

/// An access token. `Debug` hides it; there is no `Display` and no `Serialize`.
///
/// ```
/// use audiencekit::facebook::AccessToken;
///
/// let token = AccessToken::new(" EAAB123\n");
/// assert_eq!((token.expose(), format!("{token:?}").as_str()), ("EAAB123", "AccessToken(_)"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Zeroizing<String>);

/// An app secret, which signs calls. `Debug` hides it; there is no `Display` and no `Serialize`.
///
/// ```
/// use audiencekit::facebook::AppSecret;
///
/// assert_eq!(format!("{:?}", AppSecret::new("0123456789abcdef")), "AppSecret(_)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret(Zeroizing<String>);

macro_rules! secret {
    ($($name:ident),*) => {$(
        impl $name {
            /// Creates a secret. Surrounding whitespace is trimmed.
            #[must_use]
            pub fn new(secret: impl Into<String>) -> Self {
                let secret = Zeroizing::new(secret.into());
                Self(Zeroizing::new(secret.trim().to_owned()))
            }

            /// Returns the secret itself, for a header or a signature. Never log it.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(_)"))
            }
        }

        impl From<&str> for $name {
            fn from(secret: &str) -> Self {
                Self::new(secret)
            }
        }

        impl From<String> for $name {
            fn from(secret: String) -> Self {
                Self::new(secret)
            }
        }
    )*};
}
secret!(AccessToken, AppSecret);
