//! The reference of tables, columns and flags, as Markdown for the README.

use super::{Schema, schemas};
use crate::flags::Flag;

/// Every table with its columns, and every flag, as Markdown: deterministic, so that a test can compare the README.
pub fn reference() -> String {
    let mut markdown = Vec::new();
    for schema in schemas(true) {
        table(&mut markdown, &schema);
    }
    heading(&mut markdown, "flags", "Reasons to look twice at a row of `exchanges`.");
    markdown.push("| flag | means |".to_owned());
    markdown.push("|---|---|".to_owned());
    markdown.extend(Flag::ALL.iter().map(|flag| format!("| `{}` | {} |", flag.word(), cell(flag.meaning().trim()))));
    markdown.push(String::new());
    markdown.join("\n")
}

fn table(markdown: &mut Vec<String>, schema: &Schema) {
    heading(markdown, schema.name, schema.doc);
    markdown.push("| column | type | holds |".to_owned());
    markdown.push("|---|---|---|".to_owned());
    for column in &schema.columns {
        markdown.push(format!("| `{}` | {} | {} |", column.name, column.kind.word(), cell(column.doc)));
    }
    markdown.push(String::new());
}

fn heading(markdown: &mut Vec<String>, name: &str, doc: &str) {
    markdown.extend([format!("### {name}"), String::new(), doc.to_owned(), String::new()]);
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::{EXCHANGES, RAW};
    use super::*;

    #[test]
    fn every_column_and_flag_is_in_the_reference() {
        let reference = reference();
        for column in EXCHANGES.columns.iter().chain(&RAW) {
            assert!(reference.contains(&format!("\n| `{}` | ", column.name)), "{}", column.name);
        }
        assert!(reference.starts_with("### exchanges\n\nOne row per request and reply"));
        assert!(reference.contains("\n| `duration_s` | decimal | seconds from the first packet to the last |\n"));
        assert!(reference.contains("\n| `no_eol` | The line ended with the connection, not with a line feed. |\n"));
        assert!(reference.ends_with("|\n"));
    }
}
