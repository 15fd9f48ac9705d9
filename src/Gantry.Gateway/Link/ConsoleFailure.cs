namespace Gantry.Gateway.Link;

/// <summary>Why a request to the console failed. The message is for the gateway's operator.</summary>
public abstract class ConsoleFailure(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No answer: network, proxy, certificate, or a console that is down.</summary>
public sealed class ConsoleAwayException(string message, Exception? inner = null) : ConsoleFailure(message, inner);

/// <summary>The console does not know this gateway, or no longer does.</summary>
public sealed class GatewayRevokedException(string message) : ConsoleFailure(message);

/// <summary>Console and gateway have different versions of their contract; the message names the one to upgrade.</summary>
public sealed class ContractMismatchException(string message) : ConsoleFailure(message);

/// <summary>The console refused the request.</summary>
/// <param name="code">The console's stable error code.</param>
public sealed class ConsoleRefusedException(int status, string code, string message) : ConsoleFailure(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}
