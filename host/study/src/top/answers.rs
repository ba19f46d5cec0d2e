//! What a search found on the float model and on a board.

use serde::{Deserialize, Serialize};

use super::search::{Search, SearchRankings};

/// The answers of both networks: what a part of a search holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The float model's.
    pub float: SearchRankings,
    /// The int8 network's, where a board is asked too.
    pub board: Option<SearchRankings>,
    /// The board's own name.
    pub network: Option<String>,
}

impl Answers {
    /// Nothing found yet; `network` is the board's own name, where one is asked too.
    pub fn begin(search: &Search, network: Option<String>) -> Self {
        Self {
            float: search.begin(),
            board: network.as_ref().map(|_| search.begin()),
            network,
        }
    }

    /// Whether they can be of `search`: what comes out of a file may not.
    pub fn fit(&self, search: &Search) -> bool {
        search.fits(&self.float)
            && self.board.as_ref().is_none_or(|found| search.fits(found))
            && self.board.is_some() == self.network.is_some()
    }

    /// Adds what others found of the inputs after these.
    pub fn join(&mut self, search: &Search, other: Self) {
        search.join(&mut self.float, other.float);
        if let (Some(found), Some(other)) = (&mut self.board, other.board) {
            search.join(found, other);
        }
    }
}
