//! Contacts and where they come from: JSON, CSV, JSON Lines, records.

mod chunks;
mod contact;
mod files;
