//! The whole program but its command line: any bytes as a file, with and without recovery.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use libfuzzer_sys::fuzz_target;
use msncensus::capture::{ReadOptions, list};
use msncensus::run::{News, Plan, run};

static FILE: OnceLock<PathBuf> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let file = FILE.get_or_init(|| {
        // Memory, where the system has a directory of it.
        let shared = PathBuf::from("/dev/shm");
        let directory = if shared.is_dir() { shared } else { std::env::temp_dir() };
        directory.join(format!("msncensus-fuzz-{}", std::process::id()))
    });
    fs::write(file, bytes).expect("a writable directory");
    for recover in [false, true] {
        let inputs = list([file.clone().into_os_string()]);
        let plan = Plan { memory_max: 1 << 20, options: ReadOptions { recover, hash: true }, ..Plan::new(inputs) };
        let found = run(plan, &Arc::default(), &mut |news| {
            if let News::Row(row, _) = news {
                assert!(row.exchange.request.is_some() || row.exchange.reply.is_some());
            }
        });
        assert_eq!(found.stats.broken_law_at_end(), None);
        assert_eq!(found.inputs.len(), 1);
    }
});
