//! A story that breaks a promise is made smaller as long as it still breaks one.

use crate::audit::Broken;
use crate::story::Story;
use std::collections::BTreeSet;

/// Stories that are tried at most.
const TRIES: usize = 400;

/// A small story, and what it breaks.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// The story.
    pub story: Story,
    /// What it breaks: not always the promise that the large one broke.
    pub broken: Broken,
    /// How many were tried.
    pub tries: usize,
}

/// Leaves out what can be left out: faults, accounts, events, what is told of an event, nights.
pub fn shrink(story: &Story, broken: Broken, breaks: &dyn Fn(&Story) -> Option<Broken>) -> Shrunk {
    let mut small = Shrunk {
        story: story.clone(),
        broken,
        tries: 0,
    };
    let calm = Story {
        faults: None,
        ..small.story.clone()
    };
    small.attempt(calm, breaks);
    small.without(
        &|story, at| story.receipts.told[at].event().1.to_owned(),
        breaks,
    );
    small.without(
        &|story, at| {
            let told = &story.receipts.told[at];
            let (event, account) = told.event();
            format!("{} {account} {event}", told.upload)
        },
        breaks,
    );
    small.without(&|_, at| format!("{at:08}"), breaks);
    small.fewer_nights(breaks);
    small.fewer_versions(breaks);
    small
}

impl Shrunk {
    /// Takes a story if it breaks something, too.
    fn attempt(&mut self, story: Story, breaks: &dyn Fn(&Story) -> Option<Broken>) -> bool {
        if self.tries >= TRIES {
            return false;
        }
        self.tries += 1;
        let Some(broken) = breaks(&story) else {
            return false;
        };
        (self.story, self.broken) = (story, broken);
        true
    }

    /// Leaves out groups of what is told: halves first, then ever smaller parts (delta debugging, Zeller and Hildebrandt
    /// 2002).
    fn without(
        &mut self,
        group: &dyn Fn(&Story, usize) -> String,
        breaks: &dyn Fn(&Story) -> Option<Broken>,
    ) {
        let all = |story: &Story| -> Vec<String> {
            let groups = (0..story.receipts.told.len()).map(|at| group(story, at));
            groups.collect::<BTreeSet<String>>().into_iter().collect()
        };
        let mut groups = all(&self.story);
        let mut size = groups.len().div_ceil(2);
        while size > 0 && !groups.is_empty() {
            let mut at = 0;
            while at < groups.len() {
                let gone = &groups[at..(at + size).min(groups.len())];
                let mut story = self.story.clone();
                let keeps = |index: usize| !gone.contains(&group(&self.story, index));
                let told = self.story.receipts.told.iter().enumerate();
                story.receipts.told = told
                    .filter(|(index, _)| keeps(*index))
                    .map(|(_, told)| told.clone())
                    .collect();
                if self.attempt(story, breaks) {
                    // Places may have changed their names.
                    groups = all(&self.story);
                } else {
                    at += size;
                }
            }
            if self.tries >= TRIES {
                return;
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn fewer_nights(&mut self, breaks: &dyn Fn(&Story) -> Option<Broken>) {
        for at in (0..self.story.nights.len().saturating_sub(1)).rev() {
            let mut story = self.story.clone();
            story.nights.remove(at);
            self.attempt(story, breaks);
        }
    }

    fn fewer_versions(&mut self, breaks: &dyn Fn(&Story) -> Option<Broken>) {
        while self.story.files.len() > 1 {
            let mut story = self.story.clone();
            story.files.pop();
            if !self.attempt(story, breaks) {
                return;
            }
        }
    }
}
