//! Walks through a play in the order it would run, with the surroundings of each item.

use super::{
    Block, Include, IncludeKind, Item, Keywords, Loader, Play, Role, RoleFiles, RoleUse, Script,
    Task,
};
use crate::source::{LocalPath, Problems};
use crate::yaml::{Data, Map, Node};
use std::collections::HashSet;
use std::path::PathBuf;

/// An item of a play.
#[derive(Debug, Clone, Copy)]
pub enum Visited<'a> {
    /// A task.
    Task(&'a Task),
    /// A block, before its items.
    Block(&'a Block),
    /// An include, before the included items.
    Include(&'a Include),
    /// A script, before its known tasks.
    Script(&'a Script),
    /// The use of a role, before its dependencies and tasks.
    Role(&'a RoleUse),
}

impl<'a> Visited<'a> {
    /// Returns the variables that are written at the item.
    pub fn variables(&self) -> Vec<&'a Map> {
        match self {
            Visited::Task(task) => vec![&task.keywords.vars],
            Visited::Block(block) => vec![&block.keywords.vars],
            Visited::Include(include) => vec![&include.keywords.vars, &include.apply.vars],
            Visited::Role(used) => {
                let Role { defaults, vars, .. } = &*used.role;
                vec![&used.keywords.vars, &used.parameters, defaults, vars]
            }
            Visited::Script(_) => Vec::new(),
        }
    }
}

/// The surroundings of an item: a play, block, role or include, and its own surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    /// The surroundings of this; `None` for the play.
    pub outer: Option<&'a Around<'a>>,
    /// The keywords that the items inherit from this.
    pub keywords: &'a Keywords,
    /// The use of a role, if this is one.
    pub role: Option<&'a RoleUse>,
    /// The include, if this is one, for its loop variables and its own variables.
    pub include: Option<&'a Include>,
    /// Whether failures inside are rescued.
    pub rescued: bool,
    /// Whether the items are handlers.
    pub handlers: bool,
}

impl<'a> Around<'a> {
    /// Returns the surroundings of what is directly in a play.
    pub fn play(play: &'a Play) -> Self {
        Self {
            outer: None,
            keywords: &play.keywords,
            role: None,
            include: None,
            rescued: false,
            handlers: false,
        }
    }

    /// Returns this and its surroundings, innermost first.
    pub fn layers(&self) -> impl Iterator<Item = &Around<'a>> {
        std::iter::successors(Some(self), |around| around.outer)
    }

    /// Returns whether an item here can run at all: no condition of it is simply `false`.
    pub fn can_run(&self, own: &Keywords) -> bool {
        let mut layers = self.layers().map(|around| around.keywords).chain([own]);
        !layers.any(|keywords| {
            keywords
                .when
                .iter()
                .any(|when| literal(when) == Some(false))
        })
    }

    /// Returns whether an item here always runs: nothing around it has a condition or the tag
    /// `never`.
    pub fn is_certain(&self) -> bool {
        self.layers().all(|layer| {
            let include = layer.include.map(|include| &include.keywords);
            std::iter::once(layer.keywords)
                .chain(include)
                .all(is_unconditional)
        })
    }

    /// Returns the tags of an item here, inherited ones first, without duplicates.
    pub fn tags(&self, own: &Keywords) -> Vec<String> {
        let mut layers: Vec<&Keywords> = self.layers().map(|around| around.keywords).collect();
        layers.reverse();
        let mut tags: Vec<String> = Vec::new();
        for tag in layers
            .into_iter()
            .chain([own])
            .flat_map(|layer| &layer.tags)
        {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        tags
    }
}

/// Returns whether an item with these keywords always runs.
pub fn is_unconditional(keywords: &Keywords) -> bool {
    let never = keywords.tags.iter().any(|tag| tag == "never");
    !never && keywords.when.iter().all(|when| literal(when) == Some(true))
}

/// Returns the boolean that a condition simply is. `no` in quotes is not one: it is a variable.
fn literal(when: &Node) -> Option<bool> {
    match &when.data {
        Data::Bool(value) => Some(*value),
        Data::Text(text) => match text.trim() {
            "true" | "True" => Some(true),
            "false" | "False" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

impl Include {
    /// Returns the keywords that apply to the included tasks: `apply` and `vars`.
    pub fn inherited(&self) -> Keywords {
        let mut keywords = self.apply.clone();
        let own: Map = self.keywords.vars.clone();
        keywords.vars.splice(0..0, own);
        keywords
    }

    /// Returns whether the included file or role depends on no variable.
    pub fn is_literal(&self) -> bool {
        match &self.kind {
            IncludeKind::Tasks(file) => !file.has_template(),
            IncludeKind::Role { name, from, .. } => {
                !name.has_template() && !from.iter().any(|(_, file)| file.has_template())
            }
        }
    }
}

/// Calls `visit` for every item of a play; with a loader also for the items of its includes, if
/// they depend on no variable. Returns the problems with the included files.
pub fn walk(
    play: &Play,
    loader: Option<&Loader>,
    visit: &mut dyn FnMut(Visited<'_>, &Around<'_>),
) -> Problems {
    let mut walker = Walker {
        play,
        loader,
        visit,
        included: HashSet::new(),
        problems: Problems::default(),
    };
    let around = Around::play(play);
    walker.items(&play.pre_tasks, &around);
    for role in &play.roles {
        walker.role(role, &around);
    }
    walker.items(&play.tasks, &around);
    walker.items(&play.post_tasks, &around);
    let handlers = Around {
        handlers: true,
        ..around
    };
    walker.items(&play.handlers, &handlers);
    walker.problems
}

struct Walker<'w> {
    play: &'w Play,
    loader: Option<&'w Loader>,
    visit: &'w mut dyn FnMut(Visited<'_>, &Around<'_>),
    /// The includes that were followed: one that includes itself is followed once.
    included: HashSet<(PathBuf, usize, Option<LocalPath>)>,
    problems: Problems,
}

impl Walker<'_> {
    fn items(&mut self, items: &[Item], around: &Around<'_>) {
        for item in items {
            match item {
                Item::Task(task) => (self.visit)(Visited::Task(task), around),
                Item::Block(block) => self.block(block, around),
                Item::Include(include) => self.include(include, around),
                Item::Role(role) => self.role(role, around),
                Item::Script(script) => {
                    (self.visit)(Visited::Script(script), around);
                    self.items(&script.items, around);
                }
            }
        }
    }

    fn block(&mut self, block: &Block, around: &Around<'_>) {
        (self.visit)(Visited::Block(block), around);
        let inner = Around {
            outer: Some(around),
            keywords: &block.keywords,
            role: None,
            include: None,
            ..*around
        };
        let rescued = Around {
            rescued: around.rescued || !block.rescue.is_empty(),
            ..inner
        };
        self.items(&block.block, &rescued);
        self.items(&block.rescue, &inner);
        self.items(&block.always, &inner);
    }

    fn role(&mut self, role: &RoleUse, around: &Around<'_>) {
        (self.visit)(Visited::Role(role), around);
        let inner = Around {
            outer: Some(around),
            keywords: &role.keywords,
            role: Some(role),
            include: None,
            ..*around
        };
        for dependency in &role.role.dependencies {
            self.role(dependency, &inner);
        }
        self.items(&role.role.tasks, &inner);
        let handlers = Around {
            handlers: true,
            ..inner
        };
        self.items(&role.role.handlers, &handlers);
    }

    fn include(&mut self, include: &Include, around: &Around<'_>) {
        (self.visit)(Visited::Include(include), around);
        let followed = include.is_literal() && around.can_run(&include.keywords);
        let Some(loader) = self.loader.filter(|_| followed) else {
            return;
        };
        let file = include.place.file.path.clone();
        // By its folder: the names of surrounding roles grow in a role that includes itself.
        let role = include.role.as_ref().map(|role| role.folder.clone());
        let key = (file, include.place.range.start, role);
        if !self.included.insert(key) {
            return;
        }
        let keywords = include.inherited();
        let inner = Around {
            outer: Some(around),
            keywords: &keywords,
            role: None,
            include: Some(include),
            ..*around
        };
        match &include.kind {
            IncludeKind::Tasks(file) => {
                let file = file.as_text().unwrap_or_default();
                let items = loader.include_tasks(include, file, &self.play.folder);
                let items = self.problems.take(items).unwrap_or_default();
                self.items(&items, &inner);
            }
            IncludeKind::Role { .. } => self.included_role(include, loader, &inner),
        }
    }

    fn included_role(&mut self, include: &Include, loader: &Loader, around: &Around<'_>) {
        let IncludeKind::Role {
            name,
            from,
            public,
            allow_duplicates,
            rolespec_validate,
        } = &include.kind
        else {
            return;
        };
        let mut files = RoleFiles::default();
        for (key, file) in from {
            let file = file.as_text().unwrap_or_default().to_owned();
            files.set(key.as_text().unwrap_or_default(), file);
        }
        let name = name.as_text().unwrap_or_default();
        let role = loader.include_role(include, name, &files, &self.play.folder);
        let Some(role) = self.problems.take(role) else {
            return;
        };
        let used = RoleUse {
            place: include.place.clone(),
            role,
            keywords: Keywords::default(),
            parameters: Map::new(),
            public: *public,
            allow_duplicates: *allow_duplicates,
            rolespec_validate: *rolespec_validate,
        };
        self.role(&used, around);
    }
}
