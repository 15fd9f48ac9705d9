namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>The user of a request.</summary>
internal sealed record KubeUser(string Name, IReadOnlyList<string> Groups, string Uid = "")
{
    public static KubeUser Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);
}
