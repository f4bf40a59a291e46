//! How far two places on the earth are from one another.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::number::{Number, number};
use crate::segment::engine::plan::Distance;
use crate::segment::engine::record::Record;

/// The mean radius of the earth in kilometres (IUGG): on a sphere of this size, distances are within 0.6 % of those on
/// the ellipsoid.
const RADIUS: f64 = 6_371.008_8;

/// Digits behind the point: to the metre, so that rounding differs on no machine.
const DIGITS: u32 = 3;

impl Distance {
    /// None for a point that is not on the earth.
    pub(crate) fn new(latitude: u32, longitude: u32, to: (Decimal, Decimal)) -> Option<Self> {
        Some(Self { latitude, longitude, to: (radians(to.0, 90)?, radians(to.1, 180)?) })
    }

    /// In kilometres; none when a coordinate is missing or not on the earth.
    pub(crate) fn of<R: Record>(&self, record: &R) -> Option<Decimal> {
        let coordinate = |at| number(record.cell(at)).map(Number::decimal);
        let latitude = radians(coordinate(self.latitude)?, 90)?;
        let longitude = radians(coordinate(self.longitude)?, 180)?;
        let half = |one: f64, other: f64| ((one - other) / 2.0).sin().powi(2);
        let chord = half(latitude, self.to.0) + latitude.cos() * self.to.0.cos() * half(longitude, self.to.1);
        let kilometres = 2.0 * RADIUS * chord.sqrt().min(1.0).asin();
        Decimal::from_f64(kilometres).map(|kilometres| kilometres.round_dp(DIGITS))
    }
}

fn radians(degrees: Decimal, most: i64) -> Option<f64> {
    if degrees.abs() > Decimal::from(most) {
        return None;
    }
    degrees.to_f64().map(f64::to_radians)
}
