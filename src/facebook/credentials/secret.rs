//! Secrets of the advertiser: wiped when dropped, never printed.

use std::fmt;

use zeroize::Zeroizing;

/// An access token. `Debug` hides it; there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Zeroizing<String>);

/// An app secret, which signs calls. `Debug` hides it; there is no `Display` and no `Serialize`.
#[derive(Clone, PartialEq, Eq)]
pub struct AppSecret(Zeroizing<String>);

macro_rules! secret {
    ($($name:ident),*) => {$(
        impl $name {
            /// Takes the secret; white space around it goes.
            #[must_use]
            pub fn new(secret: impl Into<String>) -> Self {
                let secret = Zeroizing::new(secret.into());
                Self(Zeroizing::new(secret.trim().to_owned()))
            }

            /// The secret itself: for a header or a signature, never for a log.
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
