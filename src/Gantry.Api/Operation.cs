namespace Gantry.Api;

/// <summary>Stands for a request or an answer without a body.</summary>
public sealed record NoBody;

/// <summary>
/// One operation of the public API. It is declared once, in <see cref="Operations"/>; the server maps it, the OpenAPI document
/// describes it and the client calls it from that declaration.
/// </summary>
public abstract record Operation
{
    private protected Operation(string name, string call, Permission permission)
    {
        if (call.Split(' ') is not [var method, ['/', ..] route])
        {
            throw new ArgumentException($"'{call}' is not of the form METHOD /route.", nameof(call));
        }

        (Name, Method, Route, Permission) = (name, method, route, permission);
    }

    /// <summary>The <c>operationId</c>: that of Palette where its API has the operation.</summary>
    public string Name { get; }

    public string Method { get; }

    /// <summary>With parameters in braces: <c>/v1/spectroclusters/{uid}</c>.</summary>
    public string Route { get; }

    public Permission Permission { get; }

    /// <summary>Groups operations in the OpenAPI document.</summary>
    public required string Tag { get; init; }

    /// <summary>One line for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Parameters in the query of its URL.</summary>
    public IReadOnlyList<QueryParameter> Query { get; init; } = [];

    /// <summary>The type of the request's body; <see cref="NoBody"/> when there is none.</summary>
    public abstract Type Request { get; }

    /// <summary>The type of the success answer's body; <see cref="NoBody"/> when there is none.</summary>
    public abstract Type Answer { get; }

    /// <summary>The one status of success. Generated clients of Palette accept no other.</summary>
    public abstract int Status { get; init; }

    /// <summary>Content type of the body of the success answer.</summary>
    public string ContentType { get; init; } = "application/json";
}

/// <summary>An operation whose request and answer have these types.</summary>
public sealed record Operation<TRequest, TAnswer> : Operation
{
    /// <param name="name">The <c>operationId</c>.</param>
    /// <param name="call">Method and route: <c>GET /v1/spectroclusters/{uid}</c>.</param>
    /// <param name="permission">What a caller needs for it.</param>
    public Operation(string name, string call, Permission permission)
        : base(name, call, permission) { }

    public override Type Request => typeof(TRequest);

    public override Type Answer => typeof(TAnswer);

    public override int Status { get; init; } = typeof(TAnswer) == typeof(NoBody) ? 204 : 200;
}
