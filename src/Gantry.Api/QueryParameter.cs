namespace Gantry.Api;

/// <summary>
/// A parameter in the query of an operation. It is optional in every operation that declares it; one that an operation does not
/// declare is ignored.
/// </summary>
public abstract record QueryParameter
{
    private protected QueryParameter(string name, string summary) => (Name, Summary) = (name, summary);

    /// <summary>Name in the query.</summary>
    public string Name { get; }

    /// <summary>One line for people.</summary>
    public string Summary { get; }

    public abstract Type Type { get; }

    /// <summary>The allowed values besides the empty one; none when every value is allowed.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];
}

/// <summary>A parameter whose value is read as this type.</summary>
public sealed record QueryParameter<T> : QueryParameter
    where T : IParsable<T>
{
    public QueryParameter(string name, string summary)
        : base(name, summary) { }

    public override Type Type => typeof(T);
}
