//! stub
use crate::program_folder::Folder;
use rungs_engine::program::Program;
use std::path::Path;
/// s
pub fn read_scenarios(_f: &Path, _r: &mut Folder) -> Vec<u8> {
    Vec::new()
}
/// s
#[derive(serde::Serialize)]
pub struct R {
    /// s
    pub differences: Vec<String>,
}
impl R {
    /// s
    pub fn text(&self, _: &str) -> String {
        String::new()
    }
}
/// s
pub fn run(_p: &Program, _s: &[u8]) -> Vec<R> {
    Vec::new()
}
