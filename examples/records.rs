//! A service's own customers become a count: no file between, one record and one batch in memory at a time.
//!
//! `records [CUSTOMERS]` makes so many of them (100,000 unless told otherwise) and prints the count of a segment.

use audiencekit::contact::{FieldId, FieldType, ToContact};
use audiencekit::source::RecordSource;
use audiencekit::{Contact, EvaluationTime, Result, Schema, Segment, SegmentCount, Selector};
use time::macros::datetime;

/// What the service has, as it has it.
struct Customer {
    number: u32,
    mail: String,
    country: &'static str,
    orders: u32,
    refuses_mail: bool,
}

/// Where it goes in a contact: looked up once.
struct Fields {
    id: FieldId,
    email: FieldId,
    country: FieldId,
    orders: FieldId,
    opted_out: FieldId,
}

impl ToContact for Customer {
    type Fields = Fields;

    fn fields(schema: &Schema) -> Result<Fields> {
        Ok(Fields {
            id: schema.require("id")?,
            email: schema.require("email")?,
            country: schema.require("country")?,
            orders: schema.require("orders")?,
            opted_out: schema.require("opted_out")?,
        })
    }

    fn fill(&self, fields: &Fields, contact: &mut Contact) -> Result<()> {
        let mut digits = [0; 10];
        contact.set_text(fields.id, decimal(self.number, &mut digits))?;
        contact.set_text(fields.email, &self.mail)?;
        contact.set_text(fields.country, self.country)?;
        contact.set(fields.orders, i64::from(self.orders))?;
        contact.set(fields.opted_out, self.refuses_mail)?;
        if self.orders >= 10 { contact.add_tag("LOYAL", 1, None) } else { Ok(()) }
    }
}

/// The digits of a number, without a `String`.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return std::str::from_utf8(&digits[at..]).unwrap_or_default();
        }
    }
}

/// Stands for a query: what it yields is made when it is asked for.
fn customers(of: u32) -> impl Iterator<Item = Result<Customer>> {
    (0..of).map(|number| {
        Ok(Customer {
            number,
            mail: format!("customer{number}@example.com"),
            country: ["PL", "DE", "FR"][number as usize % 3],
            orders: number % 15,
            refuses_mail: number % 7 == 0,
        })
    })
}

async fn count(of: u32) -> Result<SegmentCount> {
    let schema = Schema::builder().detail("orders", FieldType::Integer).build()?;
    let people = RecordSource::from_iter(&schema, move || customers(of))?.len_hint(of.into());
    let segment = Segment::builder("Loyal in Poland")
        .include(Selector::tag_any(["loyal"]))
        .exclude(Selector::email_opted_out())
        .filter(r#"country = "PL" and orders >= 12"#)
        .build(&schema)?;
    segment.count(&people, &EvaluationTime::utc(datetime!(2026-11-23 12:00 UTC))).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let of = std::env::args().nth(1).map_or(Ok(100_000), |customers| customers.parse())?;
    print!("{}", count(of).await?);
    Ok(())
}
