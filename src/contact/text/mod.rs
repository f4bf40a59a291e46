//! Text of cells and names: parsed, folded, without accents, compared.

pub(super) mod accents;
pub(super) mod case_fold;
pub(super) mod day_number;
pub(super) mod suggest;
