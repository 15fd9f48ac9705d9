namespace Gantry.Api;

public static partial class Operations
{
    /// <summary>Private cloud gateways, which Palette calls overlords.</summary>
    public static class Gateways
    {
        public static Operation<NoBody, ItemList<Overlord>> List { get; } =
            new("v1OverlordsList", "GET /v1/overlords", Permissions.PrivateGateway.List)
            {
                Tag = "Gateways",
                Summary = "List gateways.",
                Query = [.. QueryParameters.List, QueryParameters.GatewayName],
            };

        public static Operation<NoBody, PairingCode> CreatePairingCode { get; } =
            new("v1OverlordsPairingCode", "GET /v1/overlords/pairing/code", Permissions.PrivateGateway.Create)
            {
                Tag = "Gateways",
                Summary = "Create a code that pairs one gateway.",
                Query = [QueryParameters.CloudType, QueryParameters.NewGatewayName],
            };

        public static Operation<NoBody, Overlord> Get { get; } =
            new("v1OverlordsUidGet", "GET /v1/overlords/{uid}", Permissions.PrivateGateway.Get)
            {
                Tag = "Gateways",
                Summary = "Read a gateway.",
            };

        public static Operation<MetadataInput, NoBody> Rename { get; } =
            new("v1OverlordsUidMetadataUpdate", "PUT /v1/overlords/{uid}/metadata", Permissions.PrivateGateway.Update)
            {
                Tag = "Gateways",
                Summary = "Rename a gateway.",
            };

        public static Operation<NoBody, NoBody> TakeOver { get; } =
            new("OverlordTakeover", "POST /v1/overlords/{uid}/takeover", Permissions.PrivateGateway.Update)
            {
                Tag = "Gateways",
                Summary = "Let another instance of a gateway work, after the one that worked was stopped for good.",
            };

        public static Operation<NoBody, Message> Delete { get; } =
            new("v1OverlordsUidDelete", "DELETE /v1/overlords/{uid}", Permissions.PrivateGateway.Delete)
            {
                Tag = "Gateways",
                Summary = "Delete a gateway that serves no cluster and no account; its key is refused from then on.",
            };
    }
}
