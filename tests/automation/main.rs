//! Rules and workflows do what they say, once, and nothing is lost.

mod crash;
mod explain;
mod hostile;
mod kinds;
mod rules;
mod wide;
mod year;
