//! `cargo xtask cdnow PATH-TO-CDNOW_master.txt`: the purchases of CDNOW as the sample's CSV.
//!
//! The source is a table of four columns set apart by spaces, sorted by customer, without an id of
//! the purchase and without a time of day. The row number becomes the id: 255 rows repeat another
//! one exactly, and each of them is a purchase.

use std::fmt::Write;
use std::path::Path;

/// Where the sample stands, from the repository's root.
pub const SAMPLE: &str = "samplelocal/cdnow/purchases/purchases.csv";

const HEADER: [&str; 4] = ["customer_id", "date", "number_of_cds", "dollar_value"];

/// Reads the source file and writes the sample below `root`.
///
/// # Errors
/// A sentence that names the file, and the line where one is at fault.
pub fn run(source: &Path, root: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(source)
        .map_err(|error| format!("cannot read `{}`: {error}", source.display()))?;
    let csv = convert(&text).map_err(|problem| format!("`{}`: {problem}", source.display()))?;
    let target = root.join(SAMPLE);
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
    }
    std::fs::write(&target, csv)
        .map_err(|error| format!("cannot write `{}`: {error}", target.display()))
}

/// The CSV: `row,customer,date,cds,amount`, in the order of the source. Amounts stay as they are
/// written there, in dollars with two digits.
///
/// # Errors
/// The first line that is not four columns of the expected form.
pub fn convert(text: &str) -> Result<String, String> {
    let mut lines = text.lines();
    if !lines
        .next()
        .is_some_and(|header| header.split_whitespace().eq(HEADER))
    {
        return Err(format!("line 1 is not the header `{}`", HEADER.join(" ")));
    }
    let mut csv = String::from("row,customer,date,cds,amount\n");
    for (index, line) in lines.enumerate() {
        let row = index + 1;
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (Some([customer, date, cds, amount]), 4) = (columns.first_chunk(), columns.len())
        else {
            return Err(format!("line {} has not four columns", row + 1));
        };
        let dollars = amount
            .split_once('.')
            .is_some_and(|(whole, cents)| digits(whole) && digits(cents) && cents.len() == 2);
        if !(digits(customer) && digits(date) && date.len() == 8 && digits(cds) && dollars) {
            return Err(format!("line {} is not a purchase: `{line}`", row + 1));
        }
        let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
        let _ = writeln!(csv, "{row},{customer},{year}-{month}-{day},{cds},{amount}");
    }
    Ok(csv)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::convert;

    #[test]
    fn the_row_number_tells_repeated_purchases_apart() {
        let source = " customer_id  date number_of_cds  dollar_value\r\n \
                      00066 19970101  2   28.99\r\n 00066 19970101  2   28.99\r\n";
        assert_eq!(
            convert(source).as_deref(),
            Ok("row,customer,date,cds,amount\n\
                1,00066,1997-01-01,2,28.99\n2,00066,1997-01-01,2,28.99\n")
        );
    }

    #[test]
    fn a_line_that_is_no_purchase_is_named() {
        let header = "customer_id date number_of_cds dollar_value\n";
        for (line, says) in [
            ("00001 19970101 1", "line 2 has not four columns"),
            ("00001 1997-01-01 1 11.77", "line 2 is not a purchase"),
            ("00001 19970101 1 11.7", "line 2 is not a purchase"),
        ] {
            let problem = convert(&format!("{header}{line}")).unwrap_err();
            assert!(problem.starts_with(says), "{problem}");
        }
        assert!(convert("a b c d\n").unwrap_err().contains("header"));
    }
}
