//! `appsecret_proof`: that who holds the token also holds the app's secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

use super::secret::{AccessToken, AppSecret};

/// The form of `appsecret_proof`, which proves that the caller knows the app secret.
///
/// Source: Facebook Login security page of 2024-10-16 for the timed form; Meta's own SDKs send the classic one
/// (read 2026-09-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AppSecretProof {
    /// HMAC-SHA256 of the token.
    #[default]
    Classic,
    /// HMAC-SHA256 of the token, `|` and the time in seconds, valid five minutes; `appsecret_time` goes with it.
    Timed,
}

/// The parameters that prove it.
#[must_use]
pub(in crate::facebook) fn proof(
    form: AppSecretProof,
    secret: &AppSecret,
    token: &AccessToken,
    now: OffsetDateTime,
) -> Vec<(&'static str, String)> {
    let seconds = now.unix_timestamp().to_string();
    let mut parts = vec![token.expose()];
    if form == AppSecretProof::Timed {
        parts.extend(["|", &seconds]);
    }
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    let mut params = vec![("appsecret_proof", const_hex::encode(mac.finalize().into_bytes()))];
    if form == AppSecretProof::Timed {
        params.push(("appsecret_time", seconds));
    }
    params
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn both_forms_agree_with_another_implementation() {
        // printf token | openssl dgst -sha256 -hmac secret; printf 'token|1795478400' for the timed one.
        let (secret, token) = (AppSecret::new("secret"), AccessToken::new("token"));
        let now = datetime!(2026-11-24 00:00 UTC);
        let classic = proof(AppSecretProof::Classic, &secret, &token, now);
        assert_eq!(
            classic,
            [(
                "appsecret_proof",
                "e941110e3d2bfe82621f0e3e1434730d7305d106c5f68c87165d0b27a4611a4a".to_owned()
            )]
        );
        let timed = proof(AppSecretProof::Timed, &secret, &token, now);
        assert_eq!(timed[0].1, "e6835660de7b241d5afea1224549e60b18d758c33863e26bb89c359031aa1183");
        assert_eq!(timed[1], ("appsecret_time", "1795478400".to_owned()));
    }
}
