using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas;

/// <summary>A decoded request, independent of its encoding.</summary>
public sealed record RegionRequest
{
    public required string Method { get; init; }

    /// <summary>The path below <c>api/2.0/</c>, decoded, without query.</summary>
    public required string Path { get; init; }

    /// <summary>The operation from the query, else the form, else the path's suffix.</summary>
    public string? Operation { get; init; }

    public Parameters Query { get; init; } = Parameters.None;

    public Parameters Form { get; init; } = Parameters.None;

    /// <summary>Uploaded file parts and raw bodies.</summary>
    public byte[] Content { get; init; } = [];

    /// <summary>Whether the body was JSON, which some of MAAS's handlers cannot read.</summary>
    public bool IsJson { get; init; }

    /// <summary>Whether the body's type is none that MAAS reads: forms then refuse without saying what is missing.</summary>
    public bool IsUnread { get; init; }

    /// <summary>The key's user; <c>null</c> for anonymous endpoints.</summary>
    public UserRow? User { get; init; }

    /// <summary>Scheme and host of the caller's address.</summary>
    public string Origin { get; init; } = "http://localhost";

    /// <summary>The values of the path's variables.</summary>
    internal IReadOnlyDictionary<string, string> Route { get; init; } = new Dictionary<string, string>();

    public UserRow Caller => User ?? throw new RegionFault(RegionAnswer.Plain(401, "Forbidden"));

    /// <summary>The value of a variable of the path.</summary>
    public string At(string variable) => Route[variable];

    /// <summary>The form of a creation; MAAS refuses a body it cannot read without saying what is missing.</summary>
    public Parameters Bound => IsUnread ? throw RegionFault.Fields() : Form;

    public void RequireAdmin()
    {
        if (!Caller.IsAdmin)
        {
            throw RegionFault.AdminsOnly();
        }
    }

    /// <summary>For objects whose 403 has an empty body.</summary>
    public void RequireAdminSilently()
    {
        if (!Caller.IsAdmin)
        {
            throw RegionFault.Forbidden();
        }
    }
}
