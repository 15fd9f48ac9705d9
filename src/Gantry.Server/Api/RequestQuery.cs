using System.Globalization;

namespace Gantry.Server.Api;

/// <summary>The query of a request, read by its operation's declared parameters.</summary>
public sealed class RequestQuery
{
    private readonly IQueryCollection _values;
    private readonly Operation _operation;

    private RequestQuery(IQueryCollection values, Operation operation) => (_values, _operation) = (values, operation);

    public static RequestQuery Of(HttpContext context) =>
        new(
            context.Request.Query,
            context.GetEndpoint()?.Metadata.GetMetadata<Operation>()
                ?? throw new InvalidOperationException($"{context.Request.Path} is not an operation of the contract.")
        );

    /// <summary>Called by the framework for handlers that take a query.</summary>
    public static ValueTask<RequestQuery> BindAsync(HttpContext context) => ValueTask.FromResult(Of(context));

    /// <returns>Null when the parameter is absent.</returns>
    /// <exception cref="ApiException">400: the value is not one of the permitted ones.</exception>
    public string? Text(QueryParameter<string> parameter) =>
        Given(parameter) is not { Length: > 0 } text || parameter.Allowed is [] || parameter.Allowed.Contains(text)
            ? Given(parameter)
            : throw ApiError.Invalid(parameter.Name, Wording.NoneOf(text, parameter.Allowed));

    /// <returns>Null when the parameter is absent.</returns>
    /// <exception cref="ApiException">400: the value cannot be parsed.</exception>
    public T? Value<T>(QueryParameter<T> parameter)
        where T : struct, IParsable<T>
    {
        if (Given(parameter) is not { } text)
        {
            return null;
        }

        return T.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Wording.Problem(
                "InvalidRequest",
                parameter.Name,
                $"'{ApiError.Shown(text)}' cannot be read; write {JsonPlace.Word(parameter.Type)}"
            );
    }

    public bool IsSet(QueryParameter<bool> parameter) => Value(parameter) is true;

    private string? Given(QueryParameter parameter) =>
        _operation.Query.Contains(parameter)
            ? (string?)_values[parameter.Name]
            : throw new InvalidOperationException($"{_operation.Name} does not declare the query parameter '{parameter.Name}'.");
}
