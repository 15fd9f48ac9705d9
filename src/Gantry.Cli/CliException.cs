namespace Gantry.Cli;

/// <summary>A failure that a person can act on: printed as one message, without a stack.</summary>
/// <param name="exitCode">One of <see cref="Cli.ExitCode"/>.</param>
public sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
