using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;

namespace Gantry.Server.Store;

/// <summary>Combines conditions that the database evaluates.</summary>
public static class Predicates
{
    public static Expression<Func<T, bool>> All<T>(IReadOnlyList<Expression<Func<T, bool>>> parts) =>
        Join(parts, Expression.AndAlso, whenEmpty: true);

    public static Expression<Func<T, bool>> Any<T>(IReadOnlyList<Expression<Func<T, bool>>> parts) =>
        Join(parts, Expression.OrElse, whenEmpty: false);

    public static Expression<Func<T, bool>> Not<T>(Expression<Func<T, bool>> part) =>
        Expression.Lambda<Func<T, bool>>(Expression.Not(part.Body), part.Parameters);

    /// <summary>A condition on a row, from a condition on one of its values.</summary>
    public static Expression<Func<T, bool>> Of<T, TValue>(
        Expression<Func<T, TValue>> value,
        Expression<Func<TValue, bool>> test
    ) =>
        Expression.Lambda<Func<T, bool>>(
            ReplacingExpressionVisitor.Replace(test.Parameters[0], value.Body, test.Body),
            value.Parameters
        );

    /// <summary>The rows after a given one in an order. The keys of the order are unique for each row.</summary>
    /// <param name="last">The keys of the row before the page.</param>
    public static Expression<Func<T, bool>> After<T>(IReadOnlyList<OrderKey> order, IReadOnlyList<object> last)
    {
        var row = Expression.Parameter(typeof(T), "row");
        Expression? after = null;
        for (var index = order.Count - 1; index >= 0; index--)
        {
            var (value, constant) = (Body(order[index], row), Captured(last[index]));
            var further = Compared(
                value,
                constant,
                order[index].Descending ? ExpressionType.LessThan : ExpressionType.GreaterThan
            );
            after = after is null
                ? further
                : Expression.OrElse(further, Expression.AndAlso(Expression.Equal(value, constant), after));
        }

        // Redundant, but lets the database begin in the middle of an index.
        var (first, least) = (Body(order[0], row), Captured(last[0]));
        var notBefore = Compared(
            first,
            least,
            order[0].Descending ? ExpressionType.LessThanOrEqual : ExpressionType.GreaterThanOrEqual
        );
        return Expression.Lambda<Func<T, bool>>(Expression.AndAlso(notBefore, after!), row);
    }

    private static Expression<Func<T, bool>> Join<T>(
        IReadOnlyList<Expression<Func<T, bool>>> parts,
        Func<Expression, Expression, Expression> join,
        bool whenEmpty
    )
    {
        if (parts.Count == 0)
        {
            return Expression.Lambda<Func<T, bool>>(Expression.Constant(whenEmpty), Expression.Parameter(typeof(T), "row"));
        }

        var row = parts[0].Parameters[0];
        return Expression.Lambda<Func<T, bool>>(
            parts.Select(part => ReplacingExpressionVisitor.Replace(part.Parameters[0], row, part.Body)).Aggregate(join),
            row
        );
    }

    private static Expression Body(OrderKey key, ParameterExpression row) =>
        ReplacingExpressionVisitor.Replace(key.Value.Parameters[0], row, key.Value.Body);

    private static BinaryExpression Compared(Expression value, Expression constant, ExpressionType how) =>
        value.Type == typeof(string)
            ? Expression.MakeBinary(
                how,
                Expression.Call(typeof(string), nameof(string.Compare), null, value, constant),
                Expression.Constant(0)
            )
            : Expression.MakeBinary(how, value, constant);

    // A constant in the tree would make a new query for each value; a value read from an object becomes a parameter.
    private static MemberExpression Captured(object value)
    {
        var holder = Activator.CreateInstance(typeof(Holder<>).MakeGenericType(value.GetType()), value)!;
        return Expression.Property(Expression.Constant(holder), nameof(Holder<>.Value));
    }

    private sealed record Holder<TValue>(TValue Value);
}
