namespace Gantry.Cli.Connection;

/// <summary>Where the console is and how to speak to it.</summary>
/// <param name="CaFile">PEM file to trust beside the system's certificates.</param>
/// <param name="Project">Name of the project that commands work in.</param>
public sealed record ConsoleAddress(Uri Url, string ApiKey, string? CaFile, string Project)
{
    public const string DefaultProject = "Default";

    /// <summary>Puts handlers around the one that sends the requests.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Around { get; init; } = handler => handler;

    public override string ToString() => $"{Url} (project {Project})";
}
