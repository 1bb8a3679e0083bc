//! What the two maps have in common: rows with names, columns with slanted names, cells, and sums at the right.

use super::bars::name;
use super::svg::{Percent, Svg};
use super::words::{Word, compact};
use crate::census::Share;
use crate::text::counted;

/// Height of a row.
const ROW: u64 = 19;
/// Height of the names of the columns, which stand at an angle.
const HEAD: u64 = 60;
/// How many columns of text those names may have.
pub(super) const HEAD_COLUMNS: usize = 13;
/// Where the names of the rows end, and where the cells begin and end.
const NAME_ENDS: Percent = Percent(2_000);
const CELLS_BEGIN: Percent = Percent(2_050);
const CELLS_END: Percent = Percent(9_200);

/// A row: its name, its cells, and how many different clients are in it.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: Word,
    pub(super) cells: Vec<Option<Cell>>,
    pub(super) clients: u64,
}

/// A cell that is not empty.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) clients: u64,
    /// The classes of its colour, and of the number upon it.
    pub(super) class: String,
    pub(super) number_class: &'static str,
    /// A shape before its number: where it is drawn.
    pub(super) mark: Option<String>,
    /// What is shown where it is pointed at, after the names of row and column.
    pub(super) told: String,
}

/// Draws the map.
pub(super) fn grid(label: &str, description: &str, columns: &[Word], rows: &[Row]) -> String {
    let mut svg = Svg::chart(HEAD + ROW * rows.len() as u64, label, description);
    let whole = columns.len() as u64;
    let place = |part| CELLS_BEGIN.toward(CELLS_END, Share { part, whole });
    let middle = |part: u64| CELLS_BEGIN.toward(CELLS_END, Share { part: 2 * part + 1, whole: 2 * whole });
    for (at, column) in (0..).zip(columns) {
        svg.open("svg", &[("class", &"slanted"), ("x", &middle(at)), ("y", &(HEAD - 6))]);
        svg.open("text", &[("transform", &"rotate(-40)")]);
        svg.put("title", &[], &column.full);
        svg.put("tspan", &[], &column.text);
        svg.close("text");
        svg.close("svg");
    }
    for (number, row) in (0..).zip(rows) {
        let top = HEAD + number * ROW;
        svg.open_titled(&format!("{}: {}", row.name.full, counted(row.clients, "client")));
        name(&mut svg, top, NAME_ENDS, ROW, &row.name.text);
        svg.put("text", &[("class", &"number"), ("x", &"100%"), ("y", &(top + 13))], &compact(row.clients));
        svg.close("g");
        svg.mark("line", &[("class", &"rule"), ("x2", &"100%"), ("y1", &(top + ROW)), ("y2", &(top + ROW))]);
        for ((at, column), cell) in (0..).zip(columns).zip(&row.cells) {
            let Some(cell) = cell else { continue };
            svg.open_titled(&format!("{} × {}: {}", row.name.full, column.full, cell.told));
            draw(&mut svg, top, (place(at), middle(at), place(at + 1)), cell);
            svg.close("g");
        }
    }
    svg.finish()
}

fn draw(svg: &mut Svg, top: u64, (from, middle, to): (Percent, Percent, Percent), cell: &Cell) {
    let class = format!("cell {}", cell.class);
    svg.mark(
        "rect",
        &[("class", &class), ("x", &from), ("y", &(top + 1)), ("width", &to.since(from)), ("height", &(ROW - 1))],
    );
    if let Some(mark) = &cell.mark {
        let at = Percent(from.0 + 25);
        svg.mark("use", &[("href", mark), ("x", &at), ("y", &(top + 5)), ("width", &8), ("height", &8)]);
    }
    let (class, at) = match cell.mark {
        Some(_) => ("number", Percent(to.0.saturating_sub(50))),
        None => ("middle", middle),
    };
    let class = format!("{class} on {}", cell.number_class);
    svg.put("text", &[("class", &class), ("x", &at), ("y", &(top + 13))], &compact(cell.clients));
}
