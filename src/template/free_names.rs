//! The variables that a template needs unconditionally.

use super::code::is_path;
use super::parse;
use super::rewrite::GUARDS;
use super::tree;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Stmt};
use minijinja::syntax::SyntaxConfig;
use std::collections::HashSet;
use std::ops::Range;

/// Called for each name.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&str, Range<usize>);

/// Variables whose members are reported too, such as `groups.web`.
pub(super) const WITH_MEMBERS: [&str; 3] = ["groups", "hostvars", "ansible_facts"];

/// The templates that a template includes.
#[derive(Debug, Default)]
pub struct Included {
    /// Those that it includes in any case, by their names.
    pub names: Vec<String>,
    /// The names to which it gives values, or which it asks for: they may be defined in the others.
    pub assigned: HashSet<String>,
}

/// Returns what `text` includes.
pub(super) fn included(text: &str, syntax: &SyntaxConfig) -> Included {
    let Ok(template) = parse::template(text, syntax) else {
        return Included::default();
    };
    let mut names = Names::of(text);
    tree::every_statement(&template, &mut |statement| {
        names.assigned(statement);
        tree::expressions(statement, &mut |expression| names.guarded(expression));
    });
    names.needed_by_statement(&template);
    Included {
        names: names.included,
        assigned: names.excluded.into_iter().map(str::to_owned).collect(),
    }
}

/// Calls `visit` with the name and the place of each variable that rendering `text` always needs,
/// unless the text itself checks whether it is defined; and with the members of [`WITH_MEMBERS`].
pub(super) fn of_text(text: &str, syntax: &SyntaxConfig, visit: Visit<'_>) {
    let Ok(template) = parse::template(text, syntax) else {
        return;
    };
    let mut names = Names::of(text);
    tree::every_statement(&template, &mut |statement| {
        names.assigned(statement);
        tree::expressions(statement, &mut |expression| names.guarded(expression));
    });
    names.needed_by_statement(&template);
    names.needed_by_assignments();
    names.report(visit);
}

/// Calls `visit` with the same for an expression.
pub(super) fn of_expression(text: &str, visit: Visit<'_>) {
    let Ok(expression) = parse::expression(text) else {
        return;
    };
    let mut names = Names::of(text);
    names.guarded(&expression);
    names.needed(&expression);
    names.report(visit);
}

/// Returns the names of all variables in a text or an expression, guarded or not.
pub(super) fn all_of_text<'s>(text: &'s str, syntax: &SyntaxConfig) -> HashSet<&'s str> {
    let mut names = HashSet::new();
    let mut look = |expression: &Expr<'s>| {
        if let Expr::Var(variable) = expression {
            names.insert(variable.id);
        }
    };
    if let Ok(template) = parse::template(text, syntax) {
        tree::every_statement(&template, &mut |statement| {
            tree::expressions(statement, &mut |expression| {
                tree::every_expression(expression, &mut look);
            });
        });
    }
    names
}

struct Names<'a, 's> {
    source: &'s str,
    needed: Vec<&'s str>,
    /// Members of variables, each with the variable.
    members: Vec<(&'s str, String)>,
    excluded: HashSet<&'s str>,
    /// Names that are assigned more than once.
    changing: HashSet<&'s str>,
    /// Names that are assigned the value of a path.
    assignments: Vec<(&'s str, &'a Expr<'s>)>,
    /// Templates that are included in any case.
    included: Vec<String>,
}

impl<'a, 's> Names<'a, 's> {
    fn of(source: &'s str) -> Self {
        Self {
            source,
            needed: Vec::new(),
            members: Vec::new(),
            changing: HashSet::new(),
            assignments: Vec::new(),
            included: Vec::new(),
            excluded: HashSet::from([
                "vars", "loop", "self", "super", "caller", "varargs", "kwargs",
            ]),
        }
    }

    fn report(mut self, visit: Visit<'_>) {
        self.needed.sort_by_key(|name| name.as_ptr());
        let place = |name: &str| {
            let start = (name.as_ptr() as usize).saturating_sub(self.source.as_ptr() as usize);
            start..start + name.len()
        };
        for name in self.needed {
            if !self.excluded.contains(name) {
                visit(name, place(name));
            }
        }
        for (name, member) in self.members {
            if !self.excluded.contains(name) {
                visit(&format!("{name}.{member}"), place(name));
            }
        }
    }

    /// Notes the member of a variable that an expression is.
    fn member(&mut self, expression: &Expr<'s>) {
        let (of, member) = match expression {
            Expr::GetAttr(attribute) => (&attribute.expr, Some(attribute.name.to_owned())),
            Expr::GetItem(item) => match &item.subscript_expr {
                Expr::Const(name) => (&item.expr, name.value.as_str().map(str::to_owned)),
                _ => return,
            },
            _ => return,
        };
        if let (Expr::Var(variable), Some(member)) = (of, member)
            && WITH_MEMBERS.contains(&variable.id)
        {
            self.members.push((variable.id, member));
        }
    }

    /// Excludes the names that a statement assigns.
    fn assigned(&mut self, statement: &Stmt<'s>) {
        let mut target = |target: &Expr<'s>| {
            tree::every_expression(target, &mut |part| {
                if let Expr::Var(variable) = part
                    && !self.excluded.insert(variable.id)
                {
                    self.changing.insert(variable.id);
                }
            });
        };
        match statement {
            Stmt::ForLoop(block) => target(&block.target),
            Stmt::WithBlock(block) => block.assignments.iter().for_each(|(name, _)| target(name)),
            Stmt::Set(set) => target(&set.target),
            Stmt::SetBlock(set) => target(&set.target),
            Stmt::Import(import) => target(&import.name),
            Stmt::FromImport(import) => import
                .names
                .iter()
                .for_each(|(name, alias)| target(alias.as_ref().unwrap_or(name))),
            Stmt::Macro(block) => {
                block.args.iter().for_each(target);
                self.excluded.insert(block.name);
            }
            Stmt::CallBlock(block) => block.macro_decl.args.iter().for_each(target),
            _ => {}
        }
    }

    /// Excludes the names that a `default` or `is defined` covers.
    fn guarded(&mut self, expression: &Expr<'s>) {
        tree::every_expression(expression, &mut |expression| {
            let operand = match expression {
                Expr::Filter(filter)
                    if GUARDS.contains(&filter.name) || asks_for_each(&filter.args) =>
                {
                    filter.expr.as_ref()
                }
                Expr::Test(test) if GUARDS.contains(&test.name) => Some(&test.expr),
                _ => None,
            };
            operand.into_iter().for_each(|operand| {
                tree::every_expression(operand, &mut |part| {
                    if let Expr::Var(variable) = part {
                        self.excluded.insert(variable.id);
                    }
                });
            });
        });
    }

    /// Returns whether a function is a macro of the template, or of one that it imports.
    fn is_own(&self, function: &Expr<'s>) -> bool {
        match function {
            Expr::Var(variable) => self.excluded.contains(variable.id),
            Expr::GetAttr(attribute) => self.is_own(&attribute.expr),
            _ => false,
        }
    }

    /// Collects the names of unconditional code: not the bodies of loops and conditions.
    fn needed_by_statement(&mut self, statement: &'a Stmt<'s>) {
        match statement {
            Stmt::Macro(_) | Stmt::CallBlock(_) => return,
            Stmt::ForLoop(block) => return self.needed(&block.iter),
            // An assigned value may be undefined until it is used.
            Stmt::Set(set) if is_path(&set.expr) => {
                if let Expr::Var(variable) = &set.target {
                    self.assignments.push((variable.id, &set.expr));
                }
                return;
            }
            Stmt::Include(include) => {
                if let (Expr::Const(name), false) = (&include.name, include.ignore_missing) {
                    self.included.extend(name.value.as_str().map(str::to_owned));
                }
                self.needed(&include.name);
            }
            Stmt::WithBlock(block) => block
                .assignments
                .iter()
                .filter(|(_, value)| !is_path(value))
                .for_each(|(_, value)| self.needed(value)),
            _ => tree::expressions(statement, &mut |expression| self.needed(expression)),
        }
        if !matches!(statement, Stmt::IfCond(_) | Stmt::Block(_)) {
            tree::statements(statement, &mut |inner| self.needed_by_statement(inner));
        }
    }

    /// Collects the values assigned to names that are always used.
    fn needed_by_assignments(&mut self) {
        for (name, value) in std::mem::take(&mut self.assignments) {
            if self.needed.contains(&name) && !self.changing.contains(name) {
                self.needed(value);
            }
        }
    }

    fn needed(&mut self, expression: &Expr<'s>) {
        match expression {
            Expr::Var(variable) => self.needed.push(variable.id),
            Expr::BinOp(operation)
                if matches!(operation.op, BinOpKind::ScAnd | BinOpKind::ScOr) =>
            {
                self.needed(&operation.left);
            }
            Expr::IfExpr(choice) => self.needed(&choice.test_expr),
            Expr::Compare(comparison) => {
                self.needed(&comparison.expr);
                comparison
                    .ops
                    .iter()
                    .take(1)
                    .for_each(|operation| self.needed(&operation.expr));
            }
            Expr::Call(call) => {
                match &call.expr {
                    // A function's name is not a variable of the user's.
                    Expr::Var(_) => {}
                    // Neither is the name of a method a member.
                    Expr::GetAttr(method) => self.needed(&method.expr),
                    function => self.needed(function),
                }
                // A macro may check whether its arguments are defined.
                let of_template = self.is_own(&call.expr);
                tree::arguments(&call.args, &mut |argument| {
                    if !(of_template && is_path(argument)) {
                        self.needed(argument);
                    }
                });
            }
            _ => {
                self.member(expression);
                tree::operands(expression, &mut |operand| self.needed(operand));
            }
        }
    }
}

/// Returns whether the arguments of a filter such as `select` check of each item whether it is
/// defined.
fn asks_for_each(arguments: &[CallArg<'_>]) -> bool {
    arguments.iter().any(|argument| {
        let CallArg::Pos(Expr::Const(name)) = argument else {
            return false;
        };
        name.value
            .as_str()
            .is_some_and(|name| GUARDS.contains(&name))
    })
}
