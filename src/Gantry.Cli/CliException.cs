namespace Gantry.Cli;

/// <summary>A failure that the user can act on: printed as one message, without a stack.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
public sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>The console's error code of a refusal: <c>PlanOutdated</c>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The console's messages about single fields, by field.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Details { get; init; } = [];
}
