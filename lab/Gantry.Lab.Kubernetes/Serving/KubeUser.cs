namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Who asks.</summary>
internal sealed record KubeUser(string Name, IReadOnlyList<string> Groups, string Uid = "")
{
    public static KubeUser Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);
}
