//! What to say beside the data.

use super::super::values::ColorWhen;

/// What to say on standard error, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Talking {
    /// Say nothing but errors
    #[arg(short, long)]
    pub(in crate::cli) quiet: bool,
    /// Say what was counted
    #[arg(short, long, conflicts_with = "quiet")]
    pub(in crate::cli) verbose: bool,
    /// Colours
    #[arg(long, hide_short_help = true, value_name = "WHEN", default_value = "auto")]
    pub(in crate::cli) color: ColorWhen,
}
