//! However a file is cut into chunks, and whoever reads them, the same contacts, losses and errors come out.
#![cfg(feature = "csv")]

use audiencekit::source::{Batch, Chunk, OnBadRow, ReadErrors};
use audiencekit::{Contact, ContactSource, CsvSource, JsonLinesSource, Schema};
use proptest::prelude::*;

const FIELDS: [&str; 3] = ["id", "name", "city"];

/// What a pass over a source gives: the texts of its contacts, what was lost, and how it ended.
type Pass = (Vec<[Option<String>; 3]>, ReadErrors, Option<String>);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn texts(contact: &Contact) -> [Option<String>; 3] {
    let schema = contact.schema();
    FIELDS.map(|field| Some(contact.texts(schema.field(field).unwrap()).next()?.trim().to_owned()))
}

fn in_batches(source: &dyn ContactSource, rows: usize) -> Pass {
    block_on(async {
        let mut batch = Batch::with_capacity(source.schema(), rows);
        let (mut reader, mut contacts) = (source.open().await.unwrap(), Vec::new());
        let error = loop {
            let more = reader.next_batch(&mut batch).await;
            contacts.extend(batch.contacts().iter().map(texts));
            match more {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        (contacts, batch.read_errors().clone(), error)
    })
}

fn in_lots(source: &dyn ContactSource, records: usize, rows: usize) -> Pass {
    block_on(async {
        let mut batch = Batch::with_capacity(source.schema(), rows);
        let (mut reader, mut contacts) = (source.open().await.unwrap(), Vec::new());
        let chunk_reader = reader.chunk_reader().unwrap();
        let (decoder, mut chunk) = (chunk_reader.decoder(), Chunk::with_capacity(records));
        let error = 'pass: loop {
            match chunk_reader.next_chunk(&mut chunk).await {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error.to_string()),
            }
            while !chunk.is_read() {
                batch.clear();
                let read = decoder.decode(&mut chunk, &mut batch);
                contacts.extend(batch.contacts().iter().map(texts));
                if let Err(error) = read {
                    break 'pass Some(error.to_string());
                }
            }
        };
        (contacts, batch.read_errors().clone(), error)
    })
}

/// Reads a source in many ways that must not differ.
fn read(source: &dyn ContactSource) -> Pass {
    let whole = in_batches(source, 1_000);
    for rows in [1, 2, 7] {
        assert_eq!(in_batches(source, rows), whole, "batches of {rows}");
    }
    for records in [1, 2, 3, 1_000] {
        for rows in [1, 3, 1_000] {
            assert_eq!(in_lots(source, records, rows), whole, "chunks of {records} in batches of {rows}");
        }
    }
    whole
}

/// The same pass by another parser: rows with three cells of UTF-8, and the line and width of the first that is none.
fn by_the_csv_crate(file: &[u8]) -> (Vec<[Option<String>; 3]>, u64, Option<u64>) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let (mut contacts, mut bad, mut first_bad) = (Vec::new(), 0, None);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        let cells: Option<Vec<&str>> = record.iter().map(|cell| std::str::from_utf8(cell).ok()).collect();
        let Some([id, name, city]) = cells.as_deref() else {
            let at = record.position().unwrap().byte() as usize;
            let start = at + file[at..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            bad += 1;
            first_bad.get_or_insert(file[..start].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1);
            continue;
        };
        let text = |cell: &str| Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty());
        contacts.push([text(id), text(name), text(city)]);
    }
    (contacts, bad, first_bad)
}

/// True when a quote is open at the end: then lines that follow are part of the last cell.
fn ends_in_quotes(file: &[u8]) -> bool {
    let longer = [file, b"\nX\nX"].concat();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(longer.as_slice());
    let last = reader.byte_records().last();
    last.is_some_and(|last| last.unwrap().iter().next_back().is_some_and(|cell| cell.ends_with(b"\nX\nX")))
}

fn pieces(of: &'static [&'static [u8]], most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(of), 0..most).prop_map(|pieces| pieces.concat())
}

const OF_CSV: [&[u8]; 16] = [
    b"a",
    b"bc",
    b"\"",
    b"\"",
    b"\"\"",
    b",",
    b",",
    b",",
    b"\n",
    b"\r\n",
    b"\r",
    "\u{e9}".as_bytes(),
    b"\xff",
    b"1,ada,paris\n",
    b"2,\"x\n\"\"y\"\"\",\r\n",
    b"\"3\",\"b,\",\"\"\n",
];

const OF_JSON: [&[u8]; 9] = [
    b"{\"id\":\"1\"}",
    b"{\"name\":\"x\",\"score\":\"many\"}",
    b"{\"id\":",
    b"\n",
    b"\n",
    b"\r\n",
    b" ",
    b"\xff",
    b"{\"city\":\"paris\"}\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_of_csv_are_those_of_another_parser_however_they_are_cut(
        bom in any::<bool>(),
        body in pieces(&OF_CSV, 40),
    ) {
        let schema = Schema::standard();
        let header: &[u8] = if bom { b"\xef\xbb\xbfid,name,city\r\n" } else { b"id,name,city\n" };
        let file = [header, &body].concat();
        let (mut wanted, bad, first_bad) = by_the_csv_crate(&file);
        let skipping = CsvSource::builder(&schema).bad_row(OnBadRow::Skip).from_bytes(&file).unwrap();
        let (contacts, losses, error) = read(&skipping);
        if ends_in_quotes(&file) {
            prop_assert!(error.unwrap().contains("a quoted cell is not closed"));
            // The last record is the one that is refused; it was a good row or a bad one.
            prop_assert_eq!(contacts.len() as u64 + losses.rows + 1, wanted.len() as u64 + bad);
            wanted.truncate(contacts.len());
            prop_assert_eq!(contacts, wanted);
            return Ok(());
        }
        prop_assert_eq!(error, None);
        prop_assert_eq!(losses.rows, bad);
        prop_assert_eq!(contacts, wanted.clone());
        let (before, _, error) = read(&CsvSource::builder(&schema).from_bytes(&file).unwrap());
        prop_assert!(wanted.starts_with(&before));
        match (first_bad, error) {
            (None, None) => {}
            (Some(line), Some(error)) => {
                let at = |place: &str| error.starts_with(&format!("line {line}{place}"));
                prop_assert!(at(": ") || at(", column "), "line {line}, but {error}");
            }
            (line, error) => prop_assert!(false, "line {line:?}, but {error:?}"),
        }
    }

    #[test]
    fn lines_of_json_are_the_same_however_they_are_cut(bom in any::<bool>(), body in pieces(&OF_JSON, 30)) {
        let schema = Schema::standard();
        let file = [if bom { b"\xef\xbb\xbf".as_slice() } else { b"" }, &body].concat();
        let (contacts, losses, error) = read(&JsonLinesSource::from_bytes(&file, &schema).bad_row(OnBadRow::Skip));
        prop_assert_eq!(error, None);
        let lines = body.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
        prop_assert_eq!(contacts.len() as u64 + losses.rows, lines as u64);
        let (before, _, error) = read(&JsonLinesSource::from_bytes(&file, &schema));
        prop_assert!(contacts.starts_with(&before));
        prop_assert_eq!(error.is_some(), losses.rows > 0);
        if let (Some(error), Some(place)) = (error, losses.places.iter().find(|place| !place.contains("score"))) {
            prop_assert_eq!(&error, place);
        }
    }
}

#[test]
fn a_bad_row_is_named_by_the_line_it_stands_on_whatever_ends_the_lines() {
    let schema = Schema::standard();
    for (file, line) in [
        ("id,name\r\n1,Ada\r\n2\r\n", 3),
        ("id,name\n\n\n1\n", 4),
        ("id,name\r\n\r\n\"1\r\n\",Ada\r\n2\r\n", 5),
    ] {
        let (.., error) = read(&CsvSource::builder(&schema).from_bytes(file).unwrap());
        assert!(
            error.clone().unwrap().starts_with(&format!("line {line}: 1 cells under 2")),
            "{file:?} {error:?}"
        );
    }
}
