namespace Gantry.Cli;

/// <summary>What scripts branch on; a number keeps its meaning for ever.</summary>
public static class ExitCode
{
    public const int Ok = 0;

    /// <summary>Something that should not happen; the message says what.</summary>
    public const int Unexpected = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>The request was understood and refused; the message says why and what to change.</summary>
    public const int Refused = 4;

    /// <summary>No credentials, wrong ones, or not allowed.</summary>
    public const int NoAccess = 5;

    /// <summary>The console or MAAS does not answer.</summary>
    public const int Unreachable = 6;

    /// <summary>The wait ended before the cluster was there; the work goes on.</summary>
    public const int TimedOut = 7;

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;
}
