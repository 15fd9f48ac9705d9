namespace Gantry.Cli.Connection;

/// <summary>Address and credentials of a console.</summary>
/// <param name="CaFile">PEM file trusted beside the system's certificates.</param>
/// <param name="Project">Name of the commands' project.</param>
public sealed record ConsoleAddress(Uri Url, string ApiKey, string? CaFile, string Project)
{
    public const string DefaultProject = "Default";

    /// <summary>Wraps the handler that sends requests.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Around { get; init; } = handler => handler;

    public override string ToString() => $"{Url} (project {Project})";
}
