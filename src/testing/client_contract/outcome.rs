//! Judges what came of a call.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

/// What came of a check: nothing, or what was not as promised.
pub(super) type Outcome = std::result::Result<(), String>;

/// Fails the check unless both are equal.
macro_rules! same {
    ($left:expr, $right:expr) => {{
        match (&$left, &$right) {
            (left, right) if left != right => {
                return Err(format!(
                    concat!(stringify!($left), " is {:?} and not {:?} (", file!(), ":", line!(), ")"),
                    left, right
                ));
            }
            _ => {}
        }
    }};
}

/// Fails the check unless it is so.
macro_rules! sure {
    ($fact:expr, $($why:tt)+) => {
        if !$fact {
            return Err(format!($($why)+));
        }
    };
}

pub(super) use {same, sure};

/// The value, or what went wrong.
pub(super) fn ok<T>(outcome: Result<T>) -> Result<T, String> {
    outcome.map_err(|error| format!("{:?}: {error}", error.kind()))
}

/// The error, which must be of this kind.
pub(super) fn refused<T: fmt::Debug>(outcome: Result<T>, kind: ErrorKind) -> Result<Error, String> {
    match outcome {
        Err(error) if error.kind() == kind => Ok(error),
        Err(error) => Err(format!("{:?} instead of {kind:?}: {error}", error.kind())),
        Ok(value) => Err(format!("{value:?} instead of {kind:?}")),
    }
}
