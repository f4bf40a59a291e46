//! Encodes small records: numbers with seven bits per byte, texts with their length before them.

pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn put_instant(out: &mut Vec<u8>, micros: i64) {
    out.extend_from_slice(&micros.to_be_bytes());
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Decodes what was put, in the same order. A method returns `None` for bytes that nothing put.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.chunk()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    pub(crate) fn instant(&mut self) -> Option<i64> {
        self.chunk().map(i64::from_be_bytes)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?.try_into().ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    pub(crate) fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*chunk)
    }

    /// Decodes a list with its length before it.
    pub(crate) fn list<T>(&mut self, mut entry: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.small()?;
        // An entry has a byte at least: a damaged count must not reserve memory.
        let mut all = Vec::with_capacity((count as usize).min(self.0.len()));
        for _ in 0..count {
            all.push(entry(self)?);
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_and_a_cut_never_panics() {
        let mut bytes = Vec::new();
        for number in [0, 127, 128, u64::from(u32::MAX), u64::MAX] {
            put_number(&mut bytes, number);
        }
        put_instant(&mut bytes, -7);
        put_text(&mut bytes, "żółw");
        let read = |bytes: &[u8]| {
            let mut reader = Reader(bytes);
            for number in [0, 127, 128, u64::from(u32::MAX), u64::MAX] {
                (reader.number()? == number).then_some(())?;
            }
            Some((reader.instant()?, reader.text()?.to_owned()))
        };
        assert_eq!(read(&bytes), Some((-7, "żółw".to_owned())));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), None, "at {cut}");
        }
        assert_eq!(Reader(&[0xFF; 16]).number(), None);
    }
}
