//! Tests that compare.

use crate::template::call::Call;
use crate::template::compare::compare;
use crate::value::Value;
use minijinja::Error;
use std::cmp::Ordering;

type Result = std::result::Result<Value, Error>;

/// `eq`: whether both are equal.
pub(super) fn eq(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()? == call.required("other")?).into())
}

/// `ne`: whether they differ.
pub(super) fn ne(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((call.value()? != call.required("other")?).into())
}

/// `lt`: whether it is less.
pub(super) fn lt(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((order(call)? == Ordering::Less).into())
}

/// `le`: whether it is not greater.
pub(super) fn le(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((order(call)? != Ordering::Greater).into())
}

/// `gt`: whether it is greater.
pub(super) fn gt(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((order(call)? == Ordering::Greater).into())
}

/// `ge`: whether it is not less.
pub(super) fn ge(call: &mut Call<'_, '_, '_>) -> Result {
    Ok((order(call)? != Ordering::Less).into())
}

fn order(call: &Call<'_, '_, '_>) -> std::result::Result<Ordering, Error> {
    compare(&call.value()?, &call.required("other")?)
}
