//! Prints the programme and the events of a generated history: `show-generated SEED [ACCOUNT]`.

use rungs_histories::generate;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let seed = words
        .first()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(0);
    let made = generate(seed);
    for (file, text) in made.files() {
        println!("# {file}\n{text}");
    }
    println!("# as of {}", made.as_of);
    for table in made.tables {
        println!("\n## {}\n{}", table.kind.text(), table.columns.join(" | "));
        for row in &table.rows {
            let cells: Vec<&str> = row
                .iter()
                .map(|cell| cell.as_deref().unwrap_or(""))
                .collect();
            if words
                .get(1)
                .is_none_or(|account| cells.get(1) == Some(&account.as_str()))
            {
                println!("{}", cells.join(" | "));
            }
        }
    }
}
