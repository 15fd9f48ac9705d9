namespace Gantry.Lab.Maas.Routing;

/// <summary>Something a resource does: a method alone, or a method with an operation's name.</summary>
/// <param name="Name">The value of <c>op</c>; null for create, read, update and delete.</param>
internal sealed record Operation(string Method, string? Name, Func<RegionRequest, RegionAnswer> Run)
{
    /// <summary>The name in MAAS's description: the operation's, or what the method does to a resource.</summary>
    public string Title =>
        Name
        ?? Method switch
        {
            "POST" => "create",
            "PUT" => "update",
            "DELETE" => "delete",
            _ => "read",
        };

    public static Operation Read(Func<RegionRequest, RegionAnswer> run, string? name = null) => new("GET", name, run);

    public static Operation Create(Func<RegionRequest, RegionAnswer> run) => new("POST", null, run);

    public static Operation Update(Func<RegionRequest, RegionAnswer> run) => new("PUT", null, run);

    public static Operation Delete(Func<RegionRequest, RegionAnswer> run) => new("DELETE", null, run);

    public static Operation Do(string name, Func<RegionRequest, RegionAnswer> run) => new("POST", name, run);
}
