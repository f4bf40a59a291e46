//! The house, read out of `src`: imports point down, files stand in rooms of their own, and the docs speak plainly.

mod cycles;
mod docs;
mod files;
mod floors;
mod impls;
mod reader;
