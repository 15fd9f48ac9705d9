namespace Gantry.Server.Store;

/// <summary>Who makes a request, from where, and in which scope; filled in by authentication.</summary>
public sealed class Caller
{
    public string ActorType { get; private set; } = "system";

    public string Uid { get; private set; } = "";

    public string Name { get; private set; } = "console";

    public string RemoteAddress { get; set; } = "";

    /// <summary>The project of the <c>ProjectUid</c> header; null means the tenant.</summary>
    public string? ProjectUid { get; set; }

    public void IsUser(string uid, string email) => (ActorType, Uid, Name) = ("user", uid, email);

    public void IsGateway(string uid, string name) => (ActorType, Uid, Name) = ("service", uid, name);
}
