use rungs_engine::language::{Source, check};
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let checked = check(&Source {
        id: "x",
        file: &path,
        text: &text,
    });
    for f in &checked.findings {
        println!(
            "{} {}:{} {} | {} | {}",
            f.code.text(),
            f.file,
            f.place.line,
            f.message,
            f.label,
            f.help
        );
    }
    if let Some(p) = checked.program {
        let plan = rungs_engine::fold::Plan::new(&p).unwrap();
        println!("ok D={}", plan.denominator);
    }
}
