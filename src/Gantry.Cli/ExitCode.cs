namespace Gantry.Cli;

/// <summary>The exit codes of every command; their meaning never changes, because scripts depend on it.</summary>
public static class ExitCode
{
    public const int Ok = 0;

    /// <summary>An unexpected failure, named by the message.</summary>
    public const int Unexpected = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>The request was refused; the message names the reason and the remedy.</summary>
    public const int Refused = 4;

    /// <summary>No credentials, wrong ones, or not allowed.</summary>
    public const int NoAccess = 5;

    /// <summary>The console, a gateway or MAAS does not answer.</summary>
    public const int Unreachable = 6;

    /// <summary>The wait ended before the desired state was reached; the work continues.</summary>
    public const int TimedOut = 7;

    /// <summary>There are differences: `gantry diff`.</summary>
    public const int Differs = 8;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;
}
